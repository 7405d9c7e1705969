/**
 * The command line {@code shunt-node}: what each command says, and with which exit code it ends.
 */
@NullMarked
package dev.shunt.node.cli;

import org.jspecify.annotations.NullMarked;
