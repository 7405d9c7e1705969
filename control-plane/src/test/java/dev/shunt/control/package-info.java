/** Tests of the whole server over HTTP and gRPC. */
@NullMarked
package dev.shunt.control;

import org.jspecify.annotations.NullMarked;
