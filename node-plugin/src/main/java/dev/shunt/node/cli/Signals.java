package dev.shunt.node.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * What the outside asks a running agent for. SIGTERM and SIGINT stop it with exit code 0, SIGHUP
 * reloads; a shutdown hook could do neither.
 *
 * <p>The JDK's handler class is reached by reflection, because naming it is a compiler warning that
 * cannot be switched off.
 */
final class Signals {

  /** What is asked for. */
  enum Request {
    STOP,
    RELOAD
  }

  private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();

  void listen() {
    on("TERM", Request.STOP);
    on("INT", Request.STOP);
    on("HUP", Request.RELOAD);
  }

  void request(Request request) {
    requests.add(request);
  }

  Request await() throws InterruptedException {
    return requests.take();
  }

  private void on(String signal, Request request) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object handler =
          Proxy.newProxyInstance(
              handlerType.getClassLoader(),
              new Class<?>[] {handlerType},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  requests.add(request);
                  return null;
                }
                return switch (method.getName()) {
                  case "hashCode" -> System.identityHashCode(proxy);
                  case "equals" -> proxy == arguments[0];
                  default -> "handler of SIG" + signal;
                };
              });
      Method handle = type.getMethod("handle", type, handlerType);
      handle.invoke(null, type.getConstructor(String.class).newInstance(signal), handler);
    } catch (ReflectiveOperationException e) {
      boolean taken = e instanceof InvocationTargetException;
      throw new IllegalStateException(
          "cannot listen for SIG" + signal + (taken ? ": the JVM keeps it for itself" : ""), e);
    }
  }
}
