/**
 * Turns policies into the entries of the BPF maps of {@code bpf/include/shunt_abi.h}, and reads
 * them as the programs do.
 */
@NullMarked
package dev.shunt.policy.compile;

import org.jspecify.annotations.NullMarked;
