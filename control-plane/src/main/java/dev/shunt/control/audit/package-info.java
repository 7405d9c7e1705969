/** The append-only record of every write and every refusal. */
@NullMarked
package dev.shunt.control.audit;

import org.jspecify.annotations.NullMarked;
