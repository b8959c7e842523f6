# The layers of docs/architecture.md, lowest first, and what each may include besides itself and std.
# One table serves the build, the tests and the check of every #include (tests/cmake/check_layers.cmake).
set(SONDA_LAYERS core wire event record probe sim net capture run evidence verify report lab)

set(SONDA_LAYER_core)
set(SONDA_LAYER_wire core)
set(SONDA_LAYER_event core wire)
set(SONDA_LAYER_record core wire event)
set(SONDA_LAYER_probe core wire event)
set(SONDA_LAYER_sim core wire)
set(SONDA_LAYER_net core wire event)
set(SONDA_LAYER_capture core wire)
set(SONDA_LAYER_run core wire event probe sim net)
set(SONDA_LAYER_evidence core wire event net capture)
set(SONDA_LAYER_verify core wire event record capture)
set(SONDA_LAYER_report core wire event record)
set(SONDA_LAYER_lab core wire sim net capture)

# In libsonda.so and installed; the others are linked into the tools until their interface is ripe.
set(SONDA_PUBLIC_LAYERS core wire event probe sim net run)

# Without an operating system below them but for files, so they also run on a foreign machine under
# qemu-user.
set(SONDA_PORTABLE_LAYERS core wire event probe sim capture)

# Words and files: nobody waits for them, so they are compiled quickly rather than for speed.
set(SONDA_UNHURRIED_LAYERS record report lab)

# Foreign headers a layer may include, as regular expressions; the operating system's are net's.
set(SONDA_FOREIGN_record "nlohmann/.*")
set(SONDA_FOREIGN_capture "pcap/.*")
set(SONDA_FOREIGN_verify "fmt/.*|nlohmann/.*|cpuid\\.h|immintrin\\.h")
set(SONDA_FOREIGN_evidence "fmt/.*")
set(SONDA_FOREIGN_report "fmt/.*")
set(SONDA_FOREIGN_lab "fmt/.*|toml\\+\\+/toml\\.h")
set(SONDA_FOREIGN_net
    "sys/.*|netinet/.*|arpa/.*|net/.*|linux/.*|libmnl/.*|ares\\.h|netdb\\.h|unistd\\.h|fcntl\\.h|poll\\.h|sched\\.h|signal\\.h|pwd\\.h|grp\\.h|pthread\\.h|ifaddrs\\.h|time\\.h|errno\\.h|spawn\\.h")
