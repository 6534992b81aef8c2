"""A worker of `awmc serve --workers`: `python -m awmc.serve.worker`, which its parent starts."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import threading

from awmc.runtime import BuildError
from awmc.serve.app import Application
from awmc.serve.catalogue import Catalogue
from awmc.serve.journal import DurableError
from awmc.serve.logs import log_to_stderr
from awmc.serve.run import serve_worker
from awmc.serve.workers import Offer, Orders


def main() -> None:
    """Serves by the orders that come on standard input, until that ends or SIGTERM comes."""
    orders = Orders.load(sys.stdin.buffer.readline())
    log_to_stderr(orders.log_level)
    try:
        application = Application(
            catalogue_of(orders.offer), orders.settings, worker=orders.worker, port=orders.port
        )
        with socket.socket(fileno=orders.listening) as listening:
            threading.Thread(target=_end_with_parent, daemon=True).start()
            asyncio.run(serve_worker(application, listening, orders.settings, _ready))
    except (BuildError, DurableError) as error:
        print(error, flush=True)  # noqa: T201 - the parent reads it
        sys.exit(1)


def catalogue_of(offer: Offer) -> Catalogue:
    """Opens builds and compiles specs, which the parent has found good. Raises `BuildError`."""
    catalogue = Catalogue()
    for folder in offer.builds:
        catalogue.add_build(folder)
    for source in offer.specs:
        from awmc.pipeline import compile_source

        done = compile_source(source)
        catalogue.add_spec(source, {artefact.path: artefact.text for artefact in done.artefacts})
    return catalogue


def _ready() -> None:
    print("ready", flush=True)  # noqa: T201


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    logging.getLogger("awmc.serve").warning("the parent of a worker is gone")
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
