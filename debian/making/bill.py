"""The bill of materials: which libraries really went in, by what they say of themselves.

Owns the CycloneDX document. Source: CycloneDX 1.6; purl-spec, type ``pypi``.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL


def installed(libraries: Path) -> list[Distribution]:
    """The libraries of a folder, by name."""
    return sorted(distributions(path=[str(libraries)]), key=lambda found: found.name.lower())


def license_of(library: Distribution) -> str:
    """The licence in its own words: an SPDX expression where there is one."""
    about = library.metadata
    words = [*(about.get_all("License-Expression") or ()), *(about.get_all("License") or ())]
    said = str(words[0]).strip() if words else ""
    if said and said != "UNKNOWN" and "\n" not in said:  # some put their whole text there
        return said
    classified = [c for c in about.get_all("Classifier") or () if c.startswith("License ::")]
    return "; ".join(c.rpartition(" :: ")[2] for c in classified) or "see its licence text"


def bill_of_materials(libraries: Path, program: str, version: str) -> str:
    """Return the bill of what lies in a folder, as CycloneDX JSON.

    Args:
        libraries: A ``site-packages``.
        program: Which of them is the program; the others are its components.
        version: Of the package as a whole.
    """
    bom = Bom(components=_components(libraries, program))
    bom.metadata.component = Component(
        name=program,
        version=version,
        type=ComponentType.APPLICATION,
        licenses=[LicenseFactory().make_with_expression("Apache-2.0")],
    )
    bom.register_dependency(bom.metadata.component, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=1)


def _components(libraries: Path, program: str) -> Iterator[Component]:
    make = LicenseFactory()
    for library in installed(libraries):
        if library.name == program:
            continue
        address = PackageURL("pypi", name=library.name.lower(), version=library.version)
        yield Component(
            name=library.name,
            version=library.version,
            type=ComponentType.LIBRARY,
            purl=address,
            bom_ref=str(address),
            licenses=[make.make_from_string(license_of(library), license_acknowledgement=None)],
        )
