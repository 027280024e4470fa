//! Packs the extension of VS Code: a `.vsix` is a zip with two manifests. Run by `editors/vscode/package`.
//!
//! Needs nothing but Rust, and gives the same bytes every time. Tests: `tests/it/editor_vscode.rs`.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// What goes into the extension, relative to its folder.
const FILES: [&str; 9] = [
    "package.json",
    "extension.js",
    "client.js",
    "convert.js",
    "language-configuration.json",
    "README.md",
    "snippets/flow.json",
    "syntaxes/flow.tmLanguage.json",
    "syntaxes/flow.markdown.tmLanguage.json",
];

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".json" ContentType="application/json"/>
  <Default Extension=".js" ContentType="application/javascript"/>
  <Default Extension=".md" ContentType="text/markdown"/>
  <Default Extension=".txt" ContentType="text/plain"/>
  <Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode");
    let package: serde_json::Value = serde_json::from_str(&fs::read_to_string(folder.join("package.json"))?)?;
    let version = package.get("version").and_then(|v| v.as_str()).ok_or("package.json has no version")?;
    let out = std::env::args().nth(1).map_or_else(|| PathBuf::from(format!("bincard-{version}.vsix")), PathBuf::from);
    let mut zip = ZipWriter::new(fs::File::create(&out)?);
    let mut put = |name: &str, text: &[u8]| -> Result<(), Box<dyn Error>> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).last_modified_time(DateTime::default());
        zip.start_file(name, options)?;
        Ok(zip.write_all(text)?)
    };
    put("[Content_Types].xml", CONTENT_TYPES.as_bytes())?;
    put("extension.vsixmanifest", manifest(&package).ok_or("package.json lacks something that the manifest needs")?.as_bytes())?;
    for file in FILES {
        put(&format!("extension/{file}"), &fs::read(folder.join(file))?)?;
    }
    put("extension/LICENSE.txt", &fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("LICENSE"))?)?;
    zip.finish()?;
    println!("{}", out.display());
    Ok(())
}

/// What the marketplace and the editor read before anything else.
fn manifest(package: &serde_json::Value) -> Option<String> {
    let text = |key: &str| package.get(key)?.as_str().map(|t| t.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;"));
    let list = |key: &str| Some(package.get(key)?.as_array()?.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(","));
    let (name, publisher, version) = (text("name")?, text("publisher")?, text("version")?);
    let (title, description, engine) = (text("displayName")?, text("description")?, package.pointer("/engines/vscode")?.as_str()?);
    let (categories, keywords) = (list("categories")?, list("keywords")?);
    Some(format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="{name}" Version="{version}" Publisher="{publisher}"/>
    <DisplayName>{title}</DisplayName>
    <Description xml:space="preserve">{description}</Description>
    <Tags>{keywords},flow,rhai</Tags>
    <Categories>{categories}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <License>extension/LICENSE.txt</License>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="{engine}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace"/>
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
"#
    ))
}
