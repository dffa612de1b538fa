"""What an assignment is, what it may do, and who is responsible: pure rules without a clock."""
