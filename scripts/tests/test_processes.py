import os
import socket
import tempfile
import unittest
from pathlib import Path

from shuntdev.console import Failure
from shuntdev.processes import Server, established, require_free_ports


class PortsTest(unittest.TestCase):
    def test_a_taken_port_is_refused_naming_its_holder_and_the_way_out(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with self.assertRaises(Failure) as caught:
                require_free_ports({"DEMO_APP_PORT": (port, "the app")})
            self.assertIn(f"port {port}, for the app, is taken by process {os.getpid()} ", str(caught.exception))
            self.assertIn("DEMO_APP_PORT=", caught.exception.hint)
        require_free_ports({"DEMO_APP_PORT": (port, "the app")})

    def test_established_connections_are_counted_at_either_end(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.assertEqual(established(port), 0)
            with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
                self.assertEqual(established(port), 2)


class ServerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = Path(folder.name) / "server.log"

    def test_one_that_ends_before_it_is_ready_fails_with_its_log(self):
        server = Server("server", ["sh", "-c", "echo no such file; exit 3"], self.log)
        with self.assertRaises(Failure) as caught:
            server.wait_until(lambda: False, "ready", 10)
        self.assertEqual(str(caught.exception), "server ended with 3 before ready")
        self.assertEqual(caught.exception.log.read_text(), "no such file\n")

    def test_one_that_runs_is_stopped_by_its_process_id(self):
        server = Server("server", ["sh", "-c", "echo up; exec sleep 600"], self.log)
        server.wait_until(lambda: server.said("^up$"), "up", 10)
        server.stop()
        self.assertEqual(server.process.returncode, -15)


if __name__ == "__main__":
    unittest.main()
