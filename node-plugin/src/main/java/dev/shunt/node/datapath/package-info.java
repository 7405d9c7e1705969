/**
 * Installs, adopts, feeds, reads and removes the datapath: the pinned programs and maps that join
 * sockets.
 */
@NullMarked
package dev.shunt.node.datapath;

import org.jspecify.annotations.NullMarked;
