/** Real programs on real sockets through the datapath. */
@NullMarked
package dev.shunt.node.traffic;

import org.jspecify.annotations.NullMarked;
