"""intake (监督): is it a case? is it put right? has everyone been answered?"""
