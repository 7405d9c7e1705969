/** What an operator can set, and the beans that every feature shares. */
@NullMarked
package dev.shunt.control.config;

import org.jspecify.annotations.NullMarked;
