"""Console (大厅): accounts, case files as everybody reads them, parked messages, the live page."""
