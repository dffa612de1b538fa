"""What intake (监督) decides, in values and words only: reports, cases, answers, and collectors' tasks."""
