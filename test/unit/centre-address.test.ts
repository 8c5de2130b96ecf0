import { describe, expect, it } from "vitest";
import { parseAddress, secretsOf } from "../../main/adapters/centre/address.ts";

const read = (text: string) => {
  const address = parseAddress(text);
  if (!address.ok) throw new Error(address.error.why);
  return address.value;
};
const faultOf = (text: string) => {
  const address = parseAddress(text);
  return address.ok ? null : address.error;
};

describe("the address of a centre", () => {
  it("is read as libpq reads it", () => {
    expect(read("postgresql://bko:s%40x@centre.example:6432/census?application_name=oral")).toMatchObject({
      host: "centre.example",
      port: 6432,
      user: "bko",
      password: "s@x",
      database: "census",
      applicationName: "oral",
    });
    expect(read("postgres://centre.example")).toMatchObject({ port: 5432, user: null, database: null });
    expect(read("postgresql://[2001:db8::1]:5433/census")).toMatchObject({ host: "2001:db8::1", port: 5433 });
    expect(read("postgresql:///census?host=/run/postgresql&user=bko")).toMatchObject({
      host: "/run/postgresql",
      database: "census",
      user: "bko",
    });
    expect(read("postgresql://bko@/census?host=/run/postgresql").host).toBe("/run/postgresql");
    expect(read("postgresql://%2Frun%2Fpostgresql/census").host).toBe("/run/postgresql");
    expect(read("postgresql:///census").host).toBe("localhost");
  });

  it("does not take its host from the environment, which could lead past the check", () => {
    process.env.PGHOST = "elsewhere.example";
    try {
      expect(read("postgresql:///census")).toMatchObject({ host: "localhost", tls: null });
    } finally {
      delete process.env.PGHOST;
    }
  });

  const NO_FILES = {
    rootCertificates: null,
    certificate: null,
    key: null,
    keyPassphrase: null,
    revocationLists: null,
  };

  it.each(["", "?sslmode=verify-full", "?sslmode=require", "?sslmode=prefer", "?sslmode=allow"])(
    "of another machine means a protected line (%s)",
    (mode) => {
      for (const host of ["centre.example", "10.0.0.7", "[2001:db8::1]", "127.example", "localhost.example"])
        expect(read(`postgresql://${host}/census${mode}`).tls).toEqual(NO_FILES);
    },
  );

  it.each(["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])(
    "of this machine (%s) needs no protected line, and gets one where it is asked for",
    (host) => {
      for (const mode of ["", "?sslmode=disable", "?sslmode=prefer"])
        expect(read(`postgresql://${host}/census${mode}`).tls).toBeNull();
      for (const mode of ["require", "verify-ca", "verify-full"])
        expect(read(`postgresql://${host}/census?sslmode=${mode}`).tls).toEqual(NO_FILES);
    },
  );

  it("names the files of the line", () => {
    const files = "sslrootcert=/a/root.pem&sslcert=/a/me.pem&sslkey=/a/me.key&sslpassword=pw&sslcrl=/a/x.crl";
    expect(read(`postgresql://centre.example/census?${files}`).tls).toEqual({
      rootCertificates: "/a/root.pem",
      certificate: "/a/me.pem",
      key: "/a/me.key",
      keyPassphrase: "pw",
      revocationLists: "/a/x.crl",
    });
    expect(read("postgresql://centre.example/census?sslrootcert=system").tls).toEqual(NO_FILES);
  });

  it.each([
    ["mysql://centre.example/census", "not-postgres", null],
    ["centre.example", "not-postgres", null],
    ["postgresql://centre.example:0/census", "not-postgres", null],
    ["postgresql://centre.example/%ff", "not-postgres", null],
    ["postgresql://centre.example/census?sslmode=disable", "unprotected", "sslmode"],
    ["postgresql://centre.example/census?sslmode=no-verify", "unknown-mode", "sslmode"],
    ["postgresql://centre.example/census?ssl=0", "unknown-parameter", "ssl"],
    ["postgresql://centre.example/census?uselibpqcompat=true", "unknown-parameter", "uselibpqcompat"],
    ["postgresql://centre.example/census?options=-c%20x", "unknown-parameter", "options"],
    ["postgresql://centre.example/census?password=half&s3cret=", "unknown-parameter", null],
    ["postgresql://centre.example/census?sslcert=/a", "half-a-certificate", "sslkey"],
    ["postgresql://centre.example/census?sslkey=/a", "half-a-certificate", "sslcert"],
  ])("%s is refused: %s", (text, why, parameter) => {
    expect(faultOf(text)).toEqual({ type: "bad-url", why, parameter });
  });

  it("tells what of it must not be shown", () => {
    const text = "postgresql://bko:s%40x@centre.example/census?sslpassword=k%2Fy";
    expect(secretsOf(text, read(text)).toSorted()).toEqual(["k%2Fy", "k/y", "s%40x", "s@x"]);
  });
});
