/** Serves the web app, whichever of its routes is asked for. */
@NullMarked
package dev.shunt.control.ui;

import org.jspecify.annotations.NullMarked;
