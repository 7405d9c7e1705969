/** The history of the policy set: immutable, numbered, one revision per edit. */
@NullMarked
package dev.shunt.control.revisions;

import org.jspecify.annotations.NullMarked;
