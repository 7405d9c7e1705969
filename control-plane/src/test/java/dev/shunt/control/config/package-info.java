/** Tests of the settings and their defaults. */
@NullMarked
package dev.shunt.control.config;

import org.jspecify.annotations.NullMarked;
