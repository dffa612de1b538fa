"""A stand-in for a service process: answers /health/ready and, by command, dies, lingers or leaves a child.

`python -m tests.cli.tiny_service <role> <name>`; the variables LINGER and CHILD change how it behaves.
"""

import http.server
import os
import signal
import subprocess
import sys
import threading


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            os._exit(3)
        body = f"{self.path} {self.headers.get('X-Request-Id', '')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


def main():
    role, name = sys.argv[1:3]
    print(f"{role} {name}", flush=True)
    if role == "migrate":
        return
    if os.environ.get("CHILD"):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # tiny grandchild"])
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: None if os.environ.get("LINGER") else done.set())
    for variable in ("METRICS_PORT", "HTTP_PORT"):
        if variable in os.environ:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ[variable])), Answers)
            threading.Thread(target=server.serve_forever, daemon=True).start()
    done.wait()
    print(f"{role} {name} leaves", flush=True)


if __name__ == "__main__":
    main()
