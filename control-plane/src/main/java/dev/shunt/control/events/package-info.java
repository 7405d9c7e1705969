/** What changed, as server-sent events. */
@NullMarked
package dev.shunt.control.events;

import org.jspecify.annotations.NullMarked;
