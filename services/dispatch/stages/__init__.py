"""The journey of an assignment: one module for each stage, one function for each transaction."""
