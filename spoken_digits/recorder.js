const WORKLET = `
  registerProcessor("pass-on", class extends AudioWorkletProcessor {
    process(inputs) {
      if (inputs[0].length) this.port.postMessage(inputs[0][0].slice());
      return true;
    }
  });
`;
const UNTOUCHED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const COUNTDOWN = 1.5; // s, for 3, 2, 1
const MOST_BYTES = 9.5e6; // Jupyter lets 10 MB pass
const BUSY = "Working … (If other cells are running, Python may first finish those.)";
const GONE = "Python (the kernel) is gone, so nobody can answer. Run this cell again.";
const LOST = ["restarting", "autorestarting", "terminating", "dead"];
const UPLOAD = "Or upload a file instead.";
const PROBLEMS = {
  NotAllowedError: "The browser was not allowed to use the microphone. Click the icon beside the "
    + "address of this page, allow the microphone, and press Record again.",
  NotFoundError: "The browser found no microphone. Plug one in and press Record again.",
  NotReadableError: "The microphone is in use, or switched off by the system. Close other programs "
    + "that use it and press Record again.",
  Silence: "The microphone was opened, but no sound arrived. Choose another microphone in the "
    + "settings of the browser and press Record again.",
  Insecure: "Browsers lend the microphone only to pages at localhost or https://. Open this "
    + "notebook at such an address.",
  VSCode: "VS Code does not lend the microphone to notebooks. Open this one in JupyterLab.",
};

function nameProblem(error, uploads) {
  const name = location.protocol.startsWith("vscode") ? "VSCode" : error.name;
  const problem = PROBLEMS[name] ?? `The recording failed (${name}).`;
  return uploads ? `${problem} ${UPLOAD}` : problem;
}

async function openMicrophone(onBlock) {
  if (!navigator.mediaDevices) throw { name: "Insecure" };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: UNTOUCHED });
  const context = new AudioContext();
  const close = () => { stream.getTracks().forEach((track) => track.stop()); context.close(); };
  try {
    const url = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
    await context.audioWorklet.addModule(url);
    URL.revokeObjectURL(url);
    await context.resume();
    const mono = { channelCount: 1, channelCountMode: "explicit" };
    const node = new AudioWorkletNode(context, "pass-on", mono);
    node.port.onmessage = (event) => onBlock(event.data);
    context.createMediaStreamSource(stream).connect(node).connect(context.destination);
  } catch (error) { close(); throw error; }
  return { sampleRate: context.sampleRate, close, track: stream.getAudioTracks()[0] };
}

function join(blocks) {
  const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  blocks.reduce((at, block) => { samples.set(block, at); return at + block.length; }, 0);
  return samples;
}

function play({ samples, sampleRate }) {
  const context = new AudioContext();
  const buffer = context.createBuffer(1, samples.length, sampleRate);
  buffer.copyToChannel(samples, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  source.onended = () => context.close();
  source.start();
}

// Calls onChange when the kernel is gone; the function that is returned says whether it is.
function watchKernel(model, onChange) {
  const kernel = model.widget_manager?.kernel; // JupyterLab and Notebook have it
  let gone = false;
  const look = () => { gone ||= kernel.isDisposed || LOST.includes(kernel.status); onChange(); };
  kernel?.statusChanged.connect(look);
  kernel?.disposed.connect(look);
  return {
    gone: () => gone || Boolean(kernel?.isDisposed),
    leave: () => { kernel?.statusChanged.disconnect(look); kernel?.disposed.disconnect(look); },
  };
}

const PAGE = `
  <div class="above"></div>
  <div class="controls">
    <button type="button" class="jupyter-button record"></button>
    <meter min="-60" max="0" low="-40" high="-3" optimum="-20" value="-60"
      aria-label="level in decibels below full scale"></meter>
    <span class="clock" aria-hidden="true"></span>
    <button type="button" class="jupyter-button play">▶ Play</button>
    <button type="button" class="jupyter-button upload">Upload</button>
    <input type="file" multiple accept="audio/*" hidden>
    <span role="status"></span>
  </div>
  <div class="below"></div>`;

function render({ model, el }) {
  el.innerHTML = PAGE;
  el.classList.add("recorder");
  const find = (name) => el.querySelector(name);
  const [above, below, status] = [".above", ".below", "[role=status]"].map(find);
  const [record, meter, clock] = [".record", "meter", ".clock"].map(find);
  const [again, upload, files] = [".play", ".upload", "[type=file]"].map(find);
  const me = crypto.getRandomValues(new Uint32Array(1))[0];
  let microphone = null, blocks = [], lead = 0, count = 0, starting = false, watch = 0;
  let last = null, waiting = 0, ticket = null, asked = null;

  const kernel = watchKernel(model, () => { if (kernel.gone()) refresh(GONE); });

  const repeats = () => last && ticket === null; // who is asked for the next word does not

  function refresh(text) {
    const recording = starting || microphone;
    record.textContent = recording ? "■ Stop" : repeats() ? "● Record again" : "● Record";
    record.disabled = Boolean(waiting) || kernel.gone();
    again.hidden = !last || recording;
    upload.hidden = !model.get("upload") || recording;
    upload.disabled = record.disabled;
    if (!recording) { meter.value = -60; clock.textContent = ""; }
    if (text !== undefined) status.textContent = text;
  }

  function fail(error) { starting = false; refresh(nameProblem(error, model.get("upload"))); }

  // What is asked quietly is not waited for: the button stays as it is.
  function ask(message, buffers = [], quietly = false) {
    if (kernel.gone()) return refresh(GONE);
    const fields = {};
    el.querySelectorAll("[data-field]").forEach((f) => { fields[f.dataset.field] = f.value; });
    model.send({ ...message, fields, from: quietly ? null : me }, undefined, buffers);
    if (quietly) return;
    waiting += 1;
    refresh(BUSY);
  }

  function hear(block) {
    if (!microphone) return;
    const peak = 20 * Math.log10(Math.max(1e-3, ...block.map(Math.abs)));
    meter.value = Math.max(peak, meter.value - 0.15);
    if (lead > 0) {
      lead -= block.length / microphone.sampleRate;
      clock.textContent = Math.max(1, Math.ceil(2 * lead));
      return;
    }
    if (!count) { refresh("Speak now: one digit."); asked = ticket; }
    blocks.push(block);
    count += block.length;
    const left = model.get("seconds") - count / microphone.sampleRate;
    clock.textContent = `${Math.max(0, left).toFixed(1)} s left`;
    if (left <= 0) stop();
  }

  async function start() {
    [blocks, lead, count, starting] = [[], COUNTDOWN, 0, true];
    refresh("Waiting for the microphone. The browser may ask you to allow it.");
    try {
      const opened = await openMicrophone(hear);
      if (!starting) return opened.close();
      microphone = opened;
      microphone.track.onended = stop;
      refresh("Get ready.");
      watch = setTimeout(() => {
        if (lead < COUNTDOWN || !microphone) return;
        close();
        fail({ name: "Silence" });
      }, 5000);
    } catch (error) { if (starting) fail(error); }
  }

  function close() {
    clearTimeout(watch);
    microphone?.close();
    microphone = null;
    starting = false;
  }

  function stop() {
    const sampleRate = microphone?.sampleRate;
    close();
    if (!count) return refresh("Nothing was recorded.");
    last = { samples: join(blocks), sampleRate };
    const view = new DataView(last.samples.buffer);
    ask({ kind: "take", sample_rate: sampleRate, ticket: asked }, [view]);
  }

  async function send(chosen) {
    if (chosen.reduce((sum, file) => sum + file.size, 0) > MOST_BYTES) {
      return refresh("These files hold more than 10 MB: cut out the digit, or choose fewer.");
    }
    const buffers = await Promise.all(chosen.map((file) => file.arrayBuffer()));
    ask({ kind: "files", names: chosen.map((file) => file.name) },
      buffers.map((buffer) => new DataView(buffer)));
  }

  model.on("msg:custom", ({ page, to }) => {
    if (page.above !== undefined) above.innerHTML = page.above;
    if (page.below !== undefined) below.innerHTML = page.below;
    if (page.ticket !== undefined) ticket = page.ticket;
    if (to !== me) return;
    waiting -= 1;
    refresh(waiting ? undefined : "");
    if (page.below) below.firstElementChild?.scrollIntoView({ block: "nearest" });
  });
  el.addEventListener("click", ({ target }) => {
    const what = target.closest("button")?.dataset.press;
    if (what && !waiting && !starting && !microphone) ask({ kind: "press", what });
  });
  el.addEventListener("change", ({ target }) => {
    if (target.dataset.field) ask({ kind: "field" }, [], true);
  });
  record.addEventListener("click", () => (starting || microphone ? stop() : start()));
  again.addEventListener("click", () => play(last));
  upload.addEventListener("click", () => files.click());
  files.addEventListener("change", () => {
    if (files.files.length) send([...files.files]);
    files.value = "";
  });
  refresh("");
  ask({ kind: "hello" }, [], true);
  return () => { close(); kernel.leave(); };
}

export default { render };
