"""The contracts written down (消息文档): docs/asyncapi.yaml and docs/messages.md."""

from pathlib import Path

from cli.contracts import asyncapi, reference
from cli.contracts.catalogue import Catalogue, read_samples
from cli.process_table import ROOT

SAMPLES = ROOT / "tests" / "contracts" / "samples"
ASYNCAPI = ROOT / "docs" / "asyncapi.yaml"
REFERENCE = ROOT / "docs" / "messages.md"


def pages(samples: Path = SAMPLES) -> dict[Path, str]:
    """Each page's place and what belongs there, with examples from a folder of samples."""
    document = asyncapi.document(Catalogue(read_samples(samples)))
    return {ASYNCAPI: asyncapi.written(document), REFERENCE: reference.page(document)}
