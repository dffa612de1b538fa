"""``python -m unit_sdk`` is the command ``qianliyan-unit`` (单位终端)."""

import sys

from unit_sdk.command import main

sys.exit(main())
