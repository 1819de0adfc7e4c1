/* The search of the site runs in a Worker, which browsers refuse to start from a file. For a page that was opened from
   the disk, this runs the same script in a hidden frame that speaks like a Worker. Nothing happens on a server. */
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = (this.frame = document.createElement("iframe"));
      frame.hidden = true;
      frame.title = "search";
      document.body.appendChild(frame);
      const inside = frame.contentWindow;
      // The frame posts to this object and loads further scripts one after the other, as a Worker would.
      inside.rldoctorPost = (data) => {
        this.dispatchEvent(new MessageEvent("message", { data }));
        if (this.onmessage) this.onmessage(new MessageEvent("message", { data }));
      };
      this.ready = new Promise((done) => (inside.rldoctorReady = done));
      const page = inside.document;
      page.open();
      page.write(
        '<!doctype html><script>postMessage = (data) => rldoctorPost(data);' +
          "importScripts = (...urls) => urls.reduce((before, url) => before.then(() => new Promise((done, fail) => {" +
          'const script = document.createElement("script");' +
          "script.src = url; script.onload = done; script.onerror = fail; document.body.appendChild(script);" +
          '})), Promise.resolve());</' + 'script><body><script src="' + encodeURI(url) + '" onload="rldoctorReady()"></' + "script>"
      );
      page.close();
    }

    postMessage(data) {
      this.ready.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
