/**
 * The agent's core: enforces one policy set at a time on the datapath, and lets other local
 * processes talk to it.
 */
@NullMarked
package dev.shunt.node.agent;

import org.jspecify.annotations.NullMarked;
