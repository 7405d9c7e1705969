/** Decides when the conductor's BPF programs walk which network namespace, and starts the walks. */
@NullMarked
package dev.shunt.node.conductor;

import org.jspecify.annotations.NullMarked;
