/** Reads and writes the few JSON documents of the node plugin as plain maps, lists and scalars. */
@NullMarked
package dev.shunt.node.json;

import org.jspecify.annotations.NullMarked;
