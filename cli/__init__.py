"""The `qianliyan` command (千里眼): sets up, starts, watches and stops the whole centre."""
