const WORKLET = `
  registerProcessor("pass-on", class extends AudioWorkletProcessor {
    process(inputs) {
      if (inputs[0].length) this.port.postMessage(inputs[0][0].slice());
      return true;
    }
  });
`;
const UNTOUCHED = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const UPLOAD = "Or upload a file instead.";
const PROBLEMS = {
  NotAllowedError: "The browser was not allowed to use the microphone. Click the icon beside the "
    + "address of this page, allow the microphone, and press Record again. " + UPLOAD,
  NotFoundError: "The browser found no microphone. Plug one in and press Record again. " + UPLOAD,
  NotReadableError: "The microphone is in use, or switched off by the system. Close other programs "
    + "that use it and press Record again. " + UPLOAD,
  Silence: "The microphone was opened, but no sound arrived. Choose another microphone in the "
    + "settings of the browser and press Record again. " + UPLOAD,
  Insecure: "Browsers lend the microphone only to pages at localhost or https://. Open this "
    + "notebook at such an address. " + UPLOAD,
  VSCode: "VS Code does not lend the microphone to notebooks. Open this one in JupyterLab. "
    + UPLOAD,
};

function nameProblem(error) {
  if (location.protocol.startsWith("vscode")) return PROBLEMS.VSCode;
  return PROBLEMS[error.name] ?? `The recording failed (${error.name}). ${UPLOAD}`;
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

function render({ model, el }) {
  el.innerHTML = `
    <button type="button" class="jupyter-button"></button>
    <meter min="-60" max="0" low="-40" high="-3" optimum="-20" value="-60"
      aria-label="level in decibels below full scale"></meter>
    <span role="status"></span>`;
  el.classList.add("recorder");
  const [button, meter, status] = el.children;
  let microphone = null, blocks = [], count = 0, starting = false, watch = 0;

  const show = (label, text) => { button.textContent = label; status.textContent = text; };
  const idle = (text) => { starting = false; meter.value = -60; show("● Record", text); };
  const fail = (error) => {
    model.set("problem", nameProblem(error));
    model.save_changes();
    idle(model.get("problem"));
  };

  function hear(block) {
    if (!microphone) return;
    if (!count) show("■ Stop", "Recording: say one digit.");
    blocks.push(block);
    count += block.length;
    const peak = 20 * Math.log10(Math.max(1e-3, ...block.map(Math.abs)));
    meter.value = Math.max(peak, meter.value - 0.15);
    if (count >= model.get("seconds") * microphone.sampleRate) stop();
  }

  async function start() {
    [blocks, count, starting] = [[], 0, true];
    show("■ Stop", "Waiting for the microphone. The browser may ask you to allow it.");
    try {
      const opened = await openMicrophone(hear);
      if (!starting) return opened.close();
      microphone = opened;
      microphone.track.onended = stop;
      watch = setTimeout(() => { if (!count) { close(); fail({ name: "Silence" }); } }, 5000);
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
    if (!count) return idle("Nothing was recorded.");
    const samples = join(blocks);
    model.set("sample_rate", sampleRate);
    model.set("problem", "");
    model.set("samples", new DataView(samples.buffer));
    model.set("takes", model.get("takes") + 1);
    model.save_changes();
    idle(`Recorded ${(count / sampleRate).toFixed(1)} s.`);
  }

  button.addEventListener("click", () => (starting || microphone ? stop() : start()));
  idle("");
  return close;
}

export default { render };
