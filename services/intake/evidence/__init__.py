"""Evidence (照片证据): what photos themselves tell, read after what they belong to was accepted."""
