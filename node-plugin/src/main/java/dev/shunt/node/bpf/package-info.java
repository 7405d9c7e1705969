/** Maps, programs, links and pins of the kernel's BPF subsystem, reached through libbpf. */
@NullMarked
package dev.shunt.node.bpf;

import org.jspecify.annotations.NullMarked;
