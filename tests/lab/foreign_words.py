"""What Debian 12's ping (iputils 20221126), traceroute 2.1.2 and nmap 7.93 make of ICMP errors."""

# nmap -sS and -sU: 'F REASON' is 'filtered REASON'; where nothing is said of an error, a SYN's port
# is 'filtered no-response' and a datagram's 'open|filtered no-response'.
LOST = "lost"
# nmap -sT where connect() fails with an errno that it has no case for: it believes in a SYN-ACK.
FALSE_OPEN = "open syn-ack"

# type, code: ping, traceroute, nmap -sT, nmap -sS and -sU
V4 = {
    (3, 0): ("Destination Net Unreachable", "!N", "filtered net-unreach", "net-unreach"),
    (3, 1): ("Destination Host Unreachable", "!H", "filtered host-unreach", "host-unreach"),
    (3, 2): ("Destination Protocol Unreachable", "!P", "filtered proto-unreach", "proto-unreach"),
    (3, 3): ("Destination Port Unreachable", "", "closed conn-refused", "port-unreach"),
    (3, 5): ("Source Route Failed", "!S", FALSE_OPEN, LOST),
    (3, 6): ("Destination Net Unknown", "!N", "filtered net-unreach", LOST),
    (3, 7): ("Destination Host Unknown", "!H", "filtered no-response", LOST),
    (3, 8): ("Source Host Isolated", "!N", "filtered dest-unreach", LOST),
    (3, 9): ("Destination Net Prohibited", "!X", "filtered net-unreach", "net-prohibited"),
    (3, 10): ("Destination Host Prohibited", "!X", "filtered host-unreach", "host-prohibited"),
    (3, 11): ("Destination Net Unreachable for Type of Service", "!N", "filtered net-unreach",
              LOST),
    (3, 12): ("Destination Host Unreachable for Type of Service", "!H", "filtered host-unreach",
              LOST),
    (3, 13): ("Packet filtered", "!X", "filtered host-unreach", "admin-prohibited"),
    (3, 14): ("Precedence Violation", "!V", "filtered host-unreach", LOST),
    (3, 15): ("Precedence Cutoff", "!C", "filtered host-unreach", LOST),
    (3, 16): (None, None, "filtered no-response", LOST),
    (4, 0): ("Source Quench", None, "filtered no-response", LOST),
    (5, 0): ("Redirect Network(New nexthop: 198.51.100.1)", None, "filtered no-response", LOST),
    (5, 1): ("Redirect Host(New nexthop: 198.51.100.1)", None, "filtered no-response", LOST),
    (5, 2): ("Redirect Type of Service and Network(New nexthop: 198.51.100.1)", None,
             "filtered no-response", LOST),
    (5, 3): ("Redirect Type of Service and Host(New nexthop: 198.51.100.1)", None,
             "filtered no-response", LOST),
    (11, 0): ("Time to live exceeded", "", "filtered host-unreach", "time-exceeded"),
    (11, 1): (None, None, "filtered no-response", "time-exceeded"),
    (12, 0): ("Parameter problem: pointer = 20", "!<12-0>", FALSE_OPEN, LOST),
    (12, 1): ("Parameter problem: pointer = 20", "!<12-1>", FALSE_OPEN, LOST),
    (12, 2): ("Parameter problem: pointer = 2", "!<12-2>", FALSE_OPEN, LOST),
    **{(40, code): (None, None, "filtered no-response", LOST) for code in range(6)},
}

UNREACHABLE = "Destination unreachable: "
PROBLEM = "Parameter problem: "
V6 = {
    (1, 0): (UNREACHABLE + "No route", "!N", "filtered net-unreach", "no-route"),
    (1, 1): (UNREACHABLE + "Administratively prohibited", "!X", "filtered admin-prohibited",
             "admin-prohibited"),
    (1, 2): (UNREACHABLE + "Beyond scope of source address", "!H", "filtered host-unreach",
             "beyond-scope"),
    (1, 3): (UNREACHABLE + "Address unreachable", "!H", "filtered host-unreach", "host-unreach"),
    (1, 4): (UNREACHABLE + "Port unreachable", "", "closed conn-refused", "port-unreach"),
    (1, 5): (UNREACHABLE + "Unknown code 5", "!<5>", "filtered admin-prohibited",
             "admin-prohibited"),
    (1, 6): (UNREACHABLE + "Unknown code 6", "!<6>", "filtered admin-prohibited", "reject-route"),
    (1, 7): (UNREACHABLE + "Unknown code 7", "!<7>", FALSE_OPEN, LOST),
    (1, 8): (UNREACHABLE + "Unknown code 8", "!<8>", FALSE_OPEN, LOST),
    (3, 0): ("Time exceeded: Hop limit", "", "filtered host-unreach", LOST),
    (3, 1): ("Time exceeded: Defragmentation failure", "!<3-1>", "filtered host-unreach", LOST),
    (4, 0): (PROBLEM + "Wrong header field at 40", "!<4-0>", FALSE_OPEN, "open param-problem"),
    (4, 1): (PROBLEM + "Unknown header at 6", "!<4-1>", FALSE_OPEN, "param-problem"),
    (4, 2): (PROBLEM + "Unknown option at 42", "!<4-2>", FALSE_OPEN, LOST),
    **{(4, code): (PROBLEM + f"code {code} at 40", f"!<4-{code}>", FALSE_OPEN, LOST)
       for code in range(3, 11)},
    **{(kind, 0): (f"unknown icmp type: {kind}", f"!<{kind}-0>", FALSE_OPEN, LOST)
       for kind in (100, 101, 127)},
}


def of_syn(reason):
    """What nmap -sS says of a port."""
    if reason == LOST:
        return "filtered no-response"
    return reason if " " in reason else "filtered " + reason


def of_datagram(reason):
    """What nmap -sU says of a port."""
    return "open|filtered no-response" if reason == LOST else of_syn(reason)
