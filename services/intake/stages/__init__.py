"""The journey of a report and its case through intake, one stage a file, one transaction a call."""
