"""The ways a byte can take. Every arm runs its programs in a cgroup of its own; which one decides what happens to them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Arm:
    name: str
    title: str
    cgroup: str        # below the run's own
    policy: str = ""   # whose counters prove that bytes were redirected; "" = nothing is redirected


PLAIN = Arm("plain", "plain TCP, in a cgroup that Shunt is not attached to", "plain")
UNMATCHED = Arm("unmatched", "TCP in a cgroup that Shunt is attached to, where no policy matches", "shunt/unmatched")
SETTLED = Arm("settled", "Shunt, enrolment Settled (for blocking sockets: blockingSockets Accept)", "shunt/settled", "settled")
HANDSHAKE = Arm("handshake", "Shunt, enrolment Handshake", "shunt/handshake", "handshake")

ALL = (PLAIN, UNMATCHED, SETTLED, HANDSHAKE)
