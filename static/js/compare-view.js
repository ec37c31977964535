// Parent and child under one slider. The slider is a real one, so that keys move it too.

class CompareView extends HTMLElement {
  connectedCallback() {
    const slider = this.querySelector("input");
    slider?.addEventListener("input", () => slider.parentElement.style.setProperty("--cut", `${slider.value}%`));
    slider?.focus({ preventScroll: true });
  }
}

customElements.define("compare-view", CompareView);
