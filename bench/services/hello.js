/// <reference types="@fastly/js-compute" />
// What demos/fastly and demos/go/fastly answer, by Fastly's JavaScript SDK.
addEventListener("fetch", (event) => event.respondWith(new Response("Hello World!\n")));
