"""The page's style sheet, light and dark.

The colours are those of Okabe and Ito, which people with any colour vision tell apart; on a dark
ground the dark ones are lighter.
"""

STYLE = """
:root {
  --ground: #fff; --ink: #1b1b1b; --faint: #e2e2e2; --quiet: #666;
  --blue: #0072b2; --orange: #d55e00; --green: #009e73; --pink: #cc79a7; --yellow: #b58900;
  --sky: #56b4e9; --violet: #7a5fc0; --grey: #9a9a9a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #16181b; --ink: #e8e8e8; --faint: #33363b; --quiet: #a0a0a0;
    --blue: #5ab4f0; --orange: #ff8b3d; --green: #2fd0a0; --pink: #e79cc5; --yellow: #f0e442;
    --sky: #9ad4f5; --violet: #b09af0; --grey: #7c8087;
  }
}
body {
  background: var(--ground); color: var(--ink); max-width: 78rem; margin: 2rem auto;
  padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.6rem; margin-bottom: .5rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .25rem; }
p { margin: .25rem 0; }
.quiet { color: var(--quiet); }
figcaption { font-size: .85rem; font-weight: 600; margin-bottom: .25rem; }
figcaption .quiet { font-weight: 400; margin-left: .5em; }
figure { margin: 0; }
.figures {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(21rem, 1fr));
  gap: 1rem 2.5rem; margin-top: .75rem;
}
.wide { overflow-x: auto; }
.wide svg { min-width: 48rem; }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--quiet); font: 12px system-ui, sans-serif; }
svg .value { fill: var(--ink); font-weight: 600; }
svg .grid { stroke: var(--faint); }
svg .one { stroke: var(--quiet); stroke-width: 1.5; }
svg .reach { stroke: var(--ink); stroke-width: 1.5; opacity: .6; }
svg circle { stroke: var(--ground); stroke-width: 1.5; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; }
.legend i {
  display: inline-block; width: .75rem; height: .75rem; border-radius: 50%; margin-right: .5rem;
}
.notes { color: var(--quiet); font-size: .85rem; padding-left: 1.25rem; }
.problems { border-left: 4px solid var(--orange); padding-left: 1rem; }
pre { white-space: pre-wrap; font-size: .85rem; }
footer { color: var(--quiet); margin: 3rem 0 2rem; font-size: .85rem; }
""" + "\n".join(
    f".{name} {{ fill: var(--{name}); background: var(--{name}); }}"
    for name in ["blue", "orange", "green", "pink", "yellow", "sky", "violet", "grey"]
)
