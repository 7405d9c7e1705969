package dev.shunt.node.bpf;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that talks to the running kernel. Where it cannot, it is skipped with the reason; with
 * CI=true that is a failure, so that a pipeline never goes green for want of root.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("bpf")
@ExtendWith(BpfKernelCondition.class)
public @interface OnBpfKernel {}
