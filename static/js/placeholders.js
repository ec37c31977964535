// The blurred stand-in behind a picture goes when the picture is there: it would shine through what is transparent.

const clear = (image) => image.style?.getPropertyValue("--ph") && image.style.setProperty("--ph", "none");

document.addEventListener("load", (event) => clear(event.target), true);
for (const image of document.querySelectorAll("img[style*='--ph']")) if (image.complete && image.naturalWidth) clear(image);
