package dev.shunt.control;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The control plane's entry point. */
@SpringBootApplication
public class ControlPlane {

  public static void main(String[] args) {
    SpringApplication.run(ControlPlane.class, args);
  }
}
