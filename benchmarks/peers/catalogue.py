"""All measured servers, in the order of the tables."""

from benchmarks.peers.ejabberd import EJABBERD
from benchmarks.peers.node import SOCKET_IO, WS
from benchmarks.peers.python import BROADCAST
from benchmarks.peers.site import DAPHNE, POSTGRESQL, TWO_WORKERS, UVICORN
from benchmarks.peers.tutorial import TUTORIAL, TUTORIAL_STORED

PEERS = (UVICORN, DAPHNE, POSTGRESQL, TWO_WORKERS, BROADCAST, WS, SOCKET_IO, EJABBERD, TUTORIAL, TUTORIAL_STORED)
BY_NAME = {peer.name: peer for peer in PEERS}
