"""The configuration text of every server in the comparison."""

import os

STREAM_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"


def nginx_backend(port, folder):
    return f"""
{nginx_common(folder)}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 1000000000;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {folder};
    }}
}}
"""


def nginx_stream(port, backend_port, folder):
    load = f"load_module {STREAM_MODULE};" if os.path.exists(STREAM_MODULE) else ""
    return f"""
{load}
{nginx_common(folder)}
stream {{
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        proxy_pass 127.0.0.1:{backend_port};
    }}
}}
"""


def nginx_common(folder):
    user = "user root;" if os.geteuid() == 0 else ""
    return f"""
{user}
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
events {{ worker_connections 8192; }}
"""


def haproxy(port, backend_port, splices):
    return f"""
global
    nbthread 2
    maxconn 4096
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    {"option splice-auto" if splices else ""}
listen benchmark
    bind 127.0.0.1:{port} backlog 4096
    server backend 127.0.0.1:{backend_port}
"""


def sluice(port, backend_port, management_port, list_path):
    return f"""
management: {{ listen: "127.0.0.1:{management_port}" }}
policy: file
log: {{ level: info, format: json, access: stdout }}
limits: {{ connections: 100000, connectionsPerSource: 100000, connectRatePerSource: 100000 }}
warehouses:
  - id: BENCH
    name: Benchmark
    whitelist:
      mode: specific
      entries:
        - {{ cidr: 127.0.0.0/8, description: the load }}
      files: [ "{list_path}" ]
    listeners:
      - protocol: http
        listen: "127.0.0.1:{port}"
        link: public
        proxyProtocol: {{ accept: off }}
        reject: error
        backends: [ {{ address: "127.0.0.1:{backend_port}" }} ]
        sendProxyProtocol: off
"""


def whitelist(count):
    """Disjoint networks that do not hold the load's address."""
    return "".join(f"10.{index // 256}.{index % 256}.0/24 office\n" for index in range(count))
