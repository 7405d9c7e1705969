/** What nodes saw of connections lately: kept in memory, bounded, and gone with the server. */
@NullMarked
package dev.shunt.control.insight;

import org.jspecify.annotations.NullMarked;
