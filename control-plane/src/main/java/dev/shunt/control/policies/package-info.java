/** Policies over REST: create, read, change, try out and explain. */
@NullMarked
package dev.shunt.control.policies;

import org.jspecify.annotations.NullMarked;
