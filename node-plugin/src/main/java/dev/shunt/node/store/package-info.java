/**
 * What survives a restart of the agent: the last good policy set and the node's credential, written
 * atomically.
 */
@NullMarked
package dev.shunt.node.store;

import org.jspecify.annotations.NullMarked;
