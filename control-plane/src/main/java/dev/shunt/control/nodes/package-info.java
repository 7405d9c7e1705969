/** The nodes, what each should carry and what each does carry. */
@NullMarked
package dev.shunt.control.nodes;

import org.jspecify.annotations.NullMarked;
