"""Values of the API's own formats, for schemathesis: random text is hardly ever one."""

import ipaddress

import schemathesis
from hypothesis import strategies as st


@st.composite
def blocks(draw):
    address = draw(st.ip_addresses())
    length = draw(st.integers(0, address.max_prefixlen))
    return str(ipaddress.ip_network((address, length), strict=False))


schemathesis.openapi.format("cidr", blocks())
schemathesis.openapi.format("ip-address", st.ip_addresses().map(str))
