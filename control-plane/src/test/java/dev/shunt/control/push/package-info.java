/** Tests of the push queue on a clock that the tests move. */
@NullMarked
package dev.shunt.control.push;

import org.jspecify.annotations.NullMarked;
