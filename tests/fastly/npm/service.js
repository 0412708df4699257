/// <reference types="@fastly/js-compute" />
// A service by Fastly's JavaScript SDK; what it does is in the path. See ../tools_test.py.
import { CacheOverride } from "fastly:cache-override";
import { ConfigStore } from "fastly:config-store";
import { env } from "fastly:env";
import { KVStore } from "fastly:kv-store";
import { Logger } from "fastly:logger";
import { SecretStore } from "fastly:secret-store";
import { getGeolocationForIpAddress } from "fastly:geolocation";

const backend = { backend: "origin", cacheOverride: new CacheOverride("pass") };

const routes = {
  "/": () => new Response("Hello World!\n"),

  "/fetch": async (request) => {
    const answer = await fetch("http://origin.example/path?q=1", {
      ...backend, method: "POST", headers: { "x-twice": request.headers.get("x-from-client") }, body: await request.text(),
    });
    return new Response(`${answer.status} ${answer.headers.get("x-line")} ${answer.headers.get("x-twice")} ${await answer.text()}`);
  },
  // Several at a time; which is first does not matter.
  "/fetch-all": async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => fetch(`http://origin.example/${i}`, backend)));
    return new Response(answers.map((answer) => answer.headers.get("x-line")).join(","));
  },
  "/fetch-refused": async () => {
    try {
      await fetch("http://origin.example/", { ...backend, backend: "refused" });
    } catch (error) {
      return new Response(`failed: ${error.name}`);
    }
  },
  "/fetch-short": async () => {
    const answer = await fetch("http://origin.example/short", backend);
    try {
      return new Response(`complete: ${await answer.text()}`);
    } catch {
      return new Response("cut");
    }
  },
  // The origin's body to the client, as it comes.
  "/pass": () => fetch("http://origin.example/echo", { ...backend, method: "POST", body: "x".repeat(300000) }),
  "/pass-short": () => fetch("http://origin.example/short", backend),

  "/kv": async () => {
    const store = new KVStore("kv");
    await store.put("key", "value");
    const entry = await store.get("key");
    const absent = await store.get("absent");
    const { list } = await store.list({});
    await store.delete("key");
    return new Response(`${await entry.text()} ${absent} ${list} ${await store.get("key")}`);
  },

  "/config": () => {
    const store = new ConfigStore("settings");
    return new Response(`${store.get("title")} ${store.get("absent")}`);
  },

  "/secret": async () => {
    const secret = await new SecretStore("secrets").get("word");
    return new Response(secret.plaintext());
  },

  // Written as it is made, with pauses.
  "/stream": () => {
    const encoder = new TextEncoder();
    let n = 0;
    return new Response(new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (n++ === 100) controller.close();
        else controller.enqueue(encoder.encode(`${n} ${"x".repeat(1000)}\n`));
      },
    }));
  },
  // The request's body through a transformation.
  "/upper": (request) => new Response(request.body.pipeThrough(new TransformStream({
    transform(chunk, controller) { controller.enqueue(new TextEncoder().encode(new TextDecoder().decode(chunk).toUpperCase())); },
  }))),
  // One that fails in the middle must not look finished.
  "/stream-fails": () => {
    let n = 0;
    return new Response(new ReadableStream({
      pull(controller) {
        if (n++ === 3) controller.error(new Error("no more"));
        else controller.enqueue(new TextEncoder().encode("part,"));
      },
    }));
  },

  "/about": (request, event) => {
    new Logger("entries").log(`from ${event.client.address}`);
    const city = getGeolocationForIpAddress(event.client.address).city;
    return new Response(`${event.client.address} ${city} ${env("FASTLY_HOSTNAME")} ${request.method} ${new URL(request.url).pathname}`);
  },

  "/throws": () => { throw new Error("a mistake"); },
};

addEventListener("fetch", (event) => {
  const route = routes[new URL(event.request.url).pathname];
  event.respondWith(route ? route(event.request, event) : new Response("no such path", { status: 404 }));
});
