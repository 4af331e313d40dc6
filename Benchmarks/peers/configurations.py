"""The configuration text of every server in the comparison.

Equal settings: as many threads or processes, TCP passed on, no log, the defaults of each program
otherwise. Ports come as two mappings from service to port, of the proxy and of the backends.
"""

import os
from pathlib import Path

from descriptors import connection_limit

STREAM_MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
BACKLOG = 4096
#: Processes of the web server behind them all.
BACKEND_PROCESSES = 2


def web_backend(port, folder):
    """Small answers come from memory: what a file costs the backend would only dilute the ratios."""
    return f"""
{nginx_common(folder, BACKEND_PROCESSES)}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_header_timeout 1h;
    server {{
        listen 127.0.0.1:{port} backlog={BACKLOG};
        root {folder};
        location = /small {{ return 200 "a small answer\\n"; }}
    }}
}}
"""


def nginx_stream(ports, backends, folder, threads):
    servers = "\n".join(
        f"""
    server {{
        listen 127.0.0.1:{port} backlog={BACKLOG};
        proxy_pass 127.0.0.1:{backends[service]};
        proxy_timeout 1h;
    }}"""
        for service, port in ports.items()
    )
    load = f"load_module {STREAM_MODULE};" if STREAM_MODULE.exists() else ""
    return f"{load}\n{nginx_common(folder, threads)}\nstream {{{servers}\n}}\n"


def nginx_common(folder, processes):
    user = "user root;" if os.geteuid() == 0 else ""
    # Twice the connections of a proxy, should one worker get all of them.
    return f"""
{user}
daemon off;
worker_processes {processes};
pid {folder}/nginx.pid;
events {{ worker_connections {2 * connection_limit()}; }}
"""


def haproxy(ports, backends, threads, splices):
    listeners = "\n".join(
        f"""
listen {service}
    bind 127.0.0.1:{port} backlog {BACKLOG}
    maxconn {connection_limit()}
    server backend 127.0.0.1:{backends[service]}"""
        for service, port in ports.items()
    )
    return f"""
global
    nbthread {threads}
    maxconn {connection_limit()}
    {"maxpipes 500" if splices else ""}
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    {"option splice-auto" if splices else ""}
{listeners}
"""


def envoy(ports, backends):
    """Without its management address. Breakers that open at 1,024 connections are raised."""
    listeners = "".join(envoy_listener(service, port) for service, port in ports.items())
    clusters = "".join(envoy_cluster(service, backends[service]) for service in ports)
    return f"static_resources:\n  listeners:{listeners}\n  clusters:{clusters}\n"


def envoy_listener(service, port):
    return f"""
  - name: {service}
    address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}
    tcp_backlog_size: {BACKLOG}
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: {service}
          cluster: {service}"""


def envoy_cluster(service, port):
    limit = connection_limit()
    return f"""
  - name: {service}
    type: STATIC
    connect_timeout: 5s
    circuit_breakers:
      thresholds: [ {{ max_connections: {limit}, max_pending_requests: {limit} }} ]
    load_assignment:
      cluster_name: {service}
      endpoints:
      - lb_endpoints:
        - endpoint:
            address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}"""


#: What a listener of Sluice is told of each service.
SLUICE_PROTOCOLS = {"http": "http", "sink": "tcp", "echo": "tcp", "mysql": "mysql"}


def sluice(ports, backends, threads, management_port, list_path, reads_proxy_headers=False):
    """As it is meant to run: whitelist, limits, metrics and access log are on."""
    accept = "required, trusted: [ 127.0.0.0/8 ]" if reads_proxy_headers else "off"
    listeners = "".join(
        f"""
      - protocol: {SLUICE_PROTOCOLS[service]}
        listen: "127.0.0.1:{port}"
        proxyProtocol: {{ accept: {accept} }}
        backends: [ {{ address: "127.0.0.1:{backends[service]}" }} ]"""
        for service, port in ports.items()
    )
    return f"""
management: {{ listen: "127.0.0.1:{management_port}" }}
engine: {{ shards: {threads} }}
log: {{ level: info, format: json, access: stdout }}
limits: {{ connections: 100000, connectionsPerSource: 100000, connectRatePerSource: 100000 }}
warehouses:
  - id: BENCH
    whitelist:
      mode: specific
      files: [ "{list_path}" ]
    listeners:{listeners}
"""
