package dev.shunt.node.cli;

/** Where the JVM starts. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    int code = ShuntNode.execute(World.real(), arguments);
    System.exit(code);
  }
}
